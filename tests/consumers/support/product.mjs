const LIMIT_MS = 15_000;

/** The product's server, as far as it talks to the development gateway, and what the gateway lets developers do. */
export class Product {
  constructor(gateway) {
    this.gateway = gateway;
  }

  run(options) {
    return this.post('/dev/runs', options);
  }

  /** What the gateway knows of a run. */
  view(operationId) {
    return this.#request('GET', `/dev/runs/${operationId}`);
  }

  faults(operationId, faults) {
    return this.post(`/dev/runs/${operationId}/faults`, faults);
  }

  updateStatus(operationId, status) {
    return this.post('/api/operations/update-status', { operationId, status });
  }

  /** Asks the clients for a tool, as a server does that sends its request again. */
  executeTool(operationId, data) {
    return this.post('/api/operations/tool-execute', { operationId, data });
  }

  /** Resolves once the agent has ended. */
  async ended(operationId) {
    const deadline = Date.now() + LIMIT_MS;
    while ((await this.view(operationId)).outcome === null) {
      if (Date.now() > deadline) throw new Error(`${operationId} did not end`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  post(path, body = {}) {
    return this.#request('POST', path, body);
  }

  async #request(method, path, body) {
    const headers = { 'content-type': 'application/json', authorization: 'Bearer dev-service-token' };
    const signal = AbortSignal.timeout(LIMIT_MS);
    const response = await fetch(this.gateway + path, {
      method,
      headers,
      signal,
      body: body && JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }
}
