/** The mark and the name. */
export function Brand() {
  return (
    <span className="brand">
      <img src="/icon.svg" alt="" width="30" height="30" />
      Keepsake
    </span>
  );
}
