import { type QueueName, queues } from "@keepsake/contract/queues";
import { Resource } from "sst";

/** The links that operators' tools use beside the services of the functions. */
export const links = {
  images: () => Resource.Images,
  incoming: () => Resource.Incoming,
  database: () => Resource.Database,
  telegram: () => Resource.Telegram,
  queueUrl: (name: QueueName) => Resource[name].url,
  deadLetterUrl: (name: QueueName) => Resource[`${name}Dead`].url,
  queueNames: Object.keys(queues) as QueueName[],
};
