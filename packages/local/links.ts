import type { Resource } from "sst";
import type { Parts } from "./parts.ts";

/** The links that SST would give the deployed functions, pointing at these parts. */
export function setLinks(parts: Parts, queueUrls: { PortraitQueue: string }) {
  const { endpoint, accessKeyId, secretAccessKey, imagesBucket, incomingBucket, publicUrl } =
    parts.r2;
  const keys = { endpoint, accessKeyId, secretAccessKey };
  const links: Links = {
    App: { name: "keepsake", stage: "local" },
    Database: { url: parts.databaseUrl, pool: 10 },
    Images: { bucket: imagesBucket, publicUrl, ...keys },
    Incoming: { bucket: incomingBucket, ...keys },
    Cdn: { api: "https://api.cloudflare.com/client/v4", zoneId: "", apiToken: "" },
    PortraitQueue: { url: queueUrls.PortraitQueue },
  };
  process.env.SST_RESOURCES_JSON = JSON.stringify(links);
}

type Links = {
  [Name in "App" | "Database" | "Images" | "Incoming" | "Cdn" | "PortraitQueue"]: Omit<
    Resource[Name],
    "type"
  >;
};
