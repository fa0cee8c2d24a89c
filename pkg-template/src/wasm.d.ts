// The build puts the module in the place of `#wasm`, in base64.
declare const base64: string;
export default base64;
