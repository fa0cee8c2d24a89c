interface ImportMetaEnv {
  /** The base URL of the gateway, for example ws://127.0.0.1:18789. */
  readonly VITE_GATEWAY_URL?: string;
}
