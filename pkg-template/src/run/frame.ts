/** Calls back with the next frame of the page, or soon where nothing is painted. */
export function nextFrame(paint: () => void): void {
  const { requestAnimationFrame } = globalThis as Partial<typeof globalThis>;
  if (requestAnimationFrame) requestAnimationFrame(paint);
  else setTimeout(paint);
}
