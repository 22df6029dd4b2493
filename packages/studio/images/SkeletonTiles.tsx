/** The gallery's place while it is first loaded. */
export function SkeletonTiles({ count }: { count: number }) {
  return (
    <div role="status">
      <span className="visually-hidden">Loading your images…</span>
      <div className="tiles" aria-hidden>
        {Array.from({ length: count }, (_, index) => (
          <span key={index} className="skeleton tile-skeleton" />
        ))}
      </div>
    </div>
  );
}
