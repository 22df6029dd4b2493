/** A page of rows that were read with one more than `limit`, and the cursor of the next page, if any. */
export function pageOf<Row>(rows: Row[], limit: number, idOf: (row: Row) => string) {
  const hasMore = rows.length > limit;
  return {
    page: rows.slice(0, limit),
    next_cursor: hasMore ? idOf(rows[limit - 1]!) : null,
  };
}
