import { cloudflareCdn } from "@keepsake/adapters/cloud/cloudflareCdn";
import { exportStore } from "@keepsake/adapters/cloud/exportStore";
import { connect } from "@keepsake/adapters/cloud/postgres";
import {
  privateBucket,
  privateImageBucket,
  publicBucket,
  type R2Link,
} from "@keepsake/adapters/cloud/r2";
import { sweep } from "@keepsake/core/sweep";
import { handleCalls, measureUsage } from "../support/forkedProcess.ts";

type Links = { databaseUrl: string; images: R2Link; incoming: R2Link; privateImages: R2Link };

/** One sweep, with queues that take everything and no CDN. */
let run: () => Promise<unknown>;

handleCalls({
  async start({ databaseUrl, images, incoming, privateImages }: Links) {
    const queue = { send: async () => [] };
    const services = {
      sql: connect({ url: databaseUrl, pool: 1 }),
      portraitQueue: queue,
      rehostQueue: queue,
      uploadQueue: queue,
      exportQueue: queue,
      eventQueue: undefined,
      images: publicBucket(images),
      privateImages: privateImageBucket(privateImages),
      exportStore: exportStore(privateImages),
      incoming: privateBucket(incoming),
      cdn: cloudflareCdn({ api: "", zoneId: "", apiToken: "", plan: "free", origins: "" }),
      onNotRemoved(_: number, reason: unknown) {
        throw reason;
      },
    };
    run = () => sweep(services, { queue_lost: false });
  },
  sweep: () => measureUsage(() => run()),
});
