import { sectionAt, sectionChunks } from "./sectionChunks.ts";
import { lazyPart } from "./ui/lazyPart.tsx";
import { LoadingPage } from "./ui/Page.tsx";

export const CreatePage = lazyPart(
  async () => (await sectionChunks.create()).CreatePage,
  <LoadingPage />,
);

export const WorldsPage = lazyPart(
  async () => (await sectionChunks.worlds()).WorldsPage,
  <LoadingPage />,
);

export const WorldPage = lazyPart(
  async () => (await sectionChunks.world()).WorldPage,
  <LoadingPage />,
);

export const ImagesPage = lazyPart(
  async () => (await sectionChunks.images()).ImagesPage,
  <LoadingPage />,
);

export const TelegramPage = lazyPart(
  async () => (await sectionChunks.telegram()).TelegramPage,
  <LoadingPage />,
);

export const YouPage = lazyPart(async () => (await sectionChunks.you()).YouPage, <LoadingPage />);

export const DatasetsSection = lazyPart(
  async () => (await sectionChunks.datasets()).DatasetsSection,
  <LoadingPage />,
);

const sections = {
  create: CreatePage,
  worlds: WorldsPage,
  world: WorldPage,
  images: ImagesPage,
  image: ImagesPage,
  telegram: TelegramPage,
  you: YouPage,
  datasets: DatasetsSection,
};

/** Loads the section at an address before it is shown. */
export function preloadSection(path: string) {
  const section = sectionAt(path);
  if (section) sections[section].preload();
}
