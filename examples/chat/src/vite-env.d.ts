interface ImportMetaEnv {
  /** The base URL of the gateway, for example http://127.0.0.1:8787. */
  readonly VITE_GATEWAY_URL?: string;
}
