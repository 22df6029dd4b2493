/** Each section is a chunk of its own. This file imports nothing at its start, so that a section loads beside the app. */
export const sectionChunks = {
  create: () => import("./create/CreatePage.tsx"),
  worlds: () => import("./worlds/WorldsPage.tsx"),
  world: () => import("./worlds/WorldPage.tsx"),
  images: () => import("./images/ImagesPage.tsx"),
  image: () =>
    Promise.all([import("./images/ImagesPage.tsx"), import("./images/lightbox/Lightbox.tsx")]),
  datasets: () => import("./datasets/lazyParts.ts"),
  telegram: () => import("./telegram/TelegramPage.tsx"),
  you: () => import("./you/YouPage.tsx"),
};

/** Which section is at an address. */
export function sectionAt(path: string): keyof typeof sectionChunks | undefined {
  if (path === "/") return "create";
  if (path === "/worlds") return "worlds";
  if (/^\/worlds\/./.test(path)) return "world";
  if (/^\/images\/./.test(path)) return "image";
  if (path === "/images") return "images";
  if (path.startsWith("/datasets")) return "datasets";
  if (path === "/telegram") return "telegram";
  if (path === "/you") return "you";
}
