/** The file of the module beside a slim entry; the build puts its name here. */
declare const WASM_FILE: string;
