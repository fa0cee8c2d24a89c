// The build puts the module in the place of `#wasm`, two hexadecimal digits a byte.
declare const hex: string;
export default hex;
