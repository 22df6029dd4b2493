/** Makes a service on first use and keeps it for the life of the container. */
/* @__NO_SIDE_EFFECTS__ */
export function lazy<Service>(make: () => Service): () => Service {
  let made: Service | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
