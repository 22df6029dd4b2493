/** `favourite_food` → `Favourite food` */
export function detailTitle(key: string) {
  const words = key.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
