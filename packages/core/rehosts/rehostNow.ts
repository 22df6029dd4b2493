import { limits } from "@keepsake/contract/limits";
import { RetryableError } from "../outsideServiceErrors.ts";
import type { Services } from "../ports.ts";
import * as rows from "./heldRehosts.sql.ts";
import { policy, publishRehost, type RehostServices } from "./publishRehost.ts";

/**
 * Downloads and publishes a pending image in the request that waits for it, and holds it meanwhile, so that no
 * consumer does the same. Resolves to false when something else works on it, requests work on too many images of its owner,
 * or it is not pending. An attempt that
 * fails is a consumer's to repeat. After `signal` no further step is begun: what a function that has answered
 * leaves undone may go on when the function is invoked again.
 */
export async function rehostNow(
  services: RehostServices,
  image_id: string,
  { holdSeconds, signal }: { holdSeconds: number; signal: AbortSignal },
): Promise<boolean> {
  const { sql } = services;
  if (signal.aborted) return false;
  const image = await rows.hold(sql, image_id, policy, {
    seconds: holdSeconds,
    heldImages: limits.rehosts_in_flight,
  });
  if (!image) return false;
  await publishRehost(untilAborted(services, signal), image);
  await rows.release(sql, image);
  return true;
}

/** The services that take time, each of which throws when it is called after the signal. */
function untilAborted(services: RehostServices, signal: AbortSignal): RehostServices {
  const until =
    <Arguments extends unknown[], Result>(step: (...args: Arguments) => Promise<Result>) =>
    async (...args: Arguments) => {
      if (signal.aborted) throw new RetryableError("The request has waited long enough");
      return step(...args);
    };
  const bucket = <Kind extends Services["privateImages"]>(images: Kind): Kind => ({
    ...images,
    put: until(images.put),
  });
  return {
    ...services,
    images: bucket(services.images),
    privateImages: bucket(services.privateImages),
    decoder: { run: until(services.decoder.run) as typeof services.decoder.run },
  };
}
