import { batch } from "../support/events.ts";
import { median } from "../support/measure.ts";
import { inTens, noise, pending } from "../support/portraits.ts";
import type { Row } from "../support/row.ts";

const portraitBytes = 500_000;
const atOnce = 200;

type Memory = { rss: number; peak: number };

export const memory: Row = {
  name: "memory",
  title: "Memory of `uploadPortraits`",
  async measure(lab) {
    const png = await noise(portraitBytes);
    const database = await lab.database("keepsake");
    const consumer = await lab.lambda(
      lab.keepsake("uploadPortraits", {
        Database: { url: database.url },
        Images: { endpoint: lab.storeUrl, publicUrl: "https://images.example.com" },
      }),
    );
    await consumer.ask("watchMemory", { everyMs: 5 });
    const drained = async () => {
      const messages = await pending(database, atOnce, png);
      await consumer.ask("memory");
      await consumer.ask("handle", { events: inTens(messages).map(batch) });
      return consumer.ask<Memory>("memory");
    };

    await drained();
    const idle = (await drained()).rss;
    const peaks: number[] = [];
    const rests: number[] = [];
    for (let done = 0; done < lab.rounds(50); done += 1) {
      const { rss, peak } = await drained();
      peaks.push(peak);
      rests.push(rss);
    }

    const batchBytes = png.length * 10;
    const fifth = Math.ceil(peaks.length / 5);
    const [first, last] = [median(peaks.slice(0, fifth)), median(peaks.slice(-fifth))];
    return {
      goals: [
        {
          what: "memory of `uploadPortraits` over 10,000 messages: the last fifth's peaks",
          reached: last / first,
          unit: "× the first fifth's",
          atMost: 1.1,
        },
        {
          what: "peak over idle",
          reached: (Math.max(...peaks) - idle) / batchBytes,
          unit: "× the bytes of a batch",
          atMost: 3,
        },
      ],
      figures: [
        ["", "MB"],
        ["idle: after 400 messages", idle / 1e6],
        ["a batch of ten portraits", batchBytes / 1e6],
        ["highest peak", Math.max(...peaks) / 1e6],
        ["median of the peaks", median(peaks) / 1e6],
        ["median between batches", median(rests) / 1e6],
        ["median of the peaks, first fifth", first / 1e6],
        ["median of the peaks, last fifth", last / 1e6],
      ],
      how: `${peaks.length * atOnce} portraits of 500 KB in batches of ten, by one process. Resident memory, read every 5 ms and so with the garbage that nobody has collected yet.`,
    };
  },
};
