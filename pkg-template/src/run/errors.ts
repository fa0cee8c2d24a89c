/** The codes that only a run has. */
export const RUN_KINDS = {
  sockets_blocked: {
    retryable: false,
    remediation:
      'Nothing has to be done. For tools that run in the page let WebSockets to gatewayUrl through the proxy in between.',
  },
  stream_error: {
    retryable: true,
    remediation:
      'Nothing has to be done while the run reconnects. If it repeats, check serverUrl, the network, and that the server lets this page read /api/agent/stream.',
  },
  tool_left: {
    retryable: false,
    remediation: 'Nothing can be done here: results are sent over a WebSocket only.',
  },
} as const;
