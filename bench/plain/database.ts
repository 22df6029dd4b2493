import postgres from "postgres";

export const sql = postgres(process.env.DATABASE_URL!, {
  max: Number(process.env.DATABASE_POOL ?? 1),
});
