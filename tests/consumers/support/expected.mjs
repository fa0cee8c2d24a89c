/** What `follow` resolves with when everything works. */
export const FOLLOWED = { status: 'completed', succeeded: true, hasText: true, isWhole: true };

/** The gateway that the test run started. */
export function gatewayUrl() {
  const url = process.env.AGENT_GATEWAY_URL;
  if (!url) throw new Error('AGENT_GATEWAY_URL is not set: run `npm run test:consumers`');
  return url;
}
