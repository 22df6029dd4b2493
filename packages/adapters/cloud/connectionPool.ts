import type { Sql, TransactionSql } from "postgres";
import { sendWithParameters } from "./sendWithParameters.ts";

/** An idle connection is asked whether it still answers before it is used, once it was idle this long. */
const probeAfterMs = 5_000;
const probeTimeoutMs = 1_000;

/**
 * The driver's `sql` on at most `size` connections. Each has one query or one transaction at a time, and
 * no query is sent while another on the same connection is unanswered; further ones wait, in order.
 * `open` makes a driver with one connection, which calls `onclose` when that connection has closed.
 *
 * The driver sends queries ahead, and a transaction pooler may then never answer again (PgBouncer 1.18,
 * Supavisor). Its `max_pipeline` cannot prevent it: 1 still allows two queries, and 0 makes the driver
 * skip the hook by which `begin` learns its connection. `reserve` may leak a connection that fails.
 *
 * `query.cancel()` closes the query's connection: a server that hangs answers no cancel request either.
 */
export function connectionPool(size: number, open: (onclose: () => void) => Sql): Sql {
  const connections = Array.from({ length: size }, (): Connection => ({ usedAt: Infinity }));
  const free = [...connections];
  const waiting: ((connection: Connection) => void)[] = [];
  const cancelled = new WeakSet<Query>();
  let isEnding = false;

  const sql = withHandlers(openDriver(connections.at(-1)!), {
    send(query) {
      hold().then((held) => {
        if (cancelled.has(query)) return held.release();
        held.whenClosed((error) => query.state && query.reject(error));
        sendWithParameters(query);
        onSettled(query, (error) => {
          if (error !== undefined && !isRejectedStatement(error)) held.discard();
          held.release();
        });
        internals(held.driver).handler(query);
      }, query.reject);
    },
    cancel(query) {
      cancelled.add(query);
      query.reject(cancelledError());
    },
  });
  return Object.assign(sql, {
    async begin(options: string | Work, work?: Work) {
      const held = await hold();
      try {
        return work
          ? await transaction(held, options as string, work)
          : await transaction(held, "", options as Work);
      } finally {
        held.release();
      }
    },
    async end(options?: { timeout?: number }) {
      isEnding = true;
      await Promise.all(connections.map(({ driver }) => driver?.end(options)));
    },
    // these would connect outside the pool, and most hold a session, which a transaction pooler has not
    close: unsupported,
    file: unsupported,
    largeObject: unsupported,
    listen: unsupported,
    notify: unsupported,
    reserve: unsupported,
    subscribe: unsupported,
  }) as unknown as Sql;

  async function hold(): Promise<HeldConnection> {
    const connection = free.pop() ?? (await new Promise<Connection>((take) => waiting.push(take)));
    const driver = await usableDriver(connection);
    const isOpen = () => connection.driver === driver;
    return {
      driver,
      isOpen,
      whenClosed(react) {
        connection.whenClosed = react;
      },
      discard() {
        if (isOpen()) delete connection.driver;
      },
      release() {
        if (!isOpen()) close(driver);
        delete connection.whenClosed;
        connection.usedAt = Date.now();
        const next = waiting.shift();
        if (next) next(connection);
        else free.push(connection);
      },
    };
  }

  /**
   * Between two requests a Lambda container is frozen, and the server, a pooler or a NAT may drop its
   * connections meanwhile. The driver would notice only when a query fails, and nothing says whether that
   * query ran. So the probe fails in its place, and the query itself is sent once, on a new connection.
   */
  async function usableDriver(connection: Connection): Promise<Sql> {
    const { driver, usedAt } = connection;
    if (driver && Date.now() - usedAt > probeAfterMs && !(await answers(driver, connection))) {
      close(driver);
      delete connection.driver;
    }
    return connection.driver ?? openDriver(connection);
  }

  function openDriver(connection: Connection): Sql {
    const driver = open(() => {
      if (connection.driver !== driver) return;
      delete connection.driver;
      connection.whenClosed?.(connectionError("CONNECTION_CLOSED", "The connection closed"));
    });
    connection.driver = driver;
    if (isEnding) close(driver); // it rejects every query
    return driver;
  }
}

/** One place of the pool. It has no driver before its first use and after its connection closed. */
type Connection = { driver?: Sql; usedAt: number; whenClosed?: (error: Error) => void };

type HeldConnection = {
  driver: Sql;
  isOpen: () => boolean;
  /**
   * Calls back when the connection closes. The driver itself never settles a query that it sent between
   * the socket's `error` and its `close`.
   */
  whenClosed: (react: (error: Error) => void) => void;
  /** Makes `release` close the connection: the next query gets a new one. */
  discard: () => void;
  release: () => void;
};

type Work = (tx: TransactionSql) => unknown;

/** A driver is never used again after its connection failed: it may hold queries that never settle. */
function close(driver: Sql) {
  void driver.end({ timeout: 0 });
}

async function answers(driver: Sql, connection: Connection): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const lost = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, probeTimeoutMs, false);
    connection.whenClosed = () => resolve(false);
  });
  const answered = driver`select 1`.then(
    () => true,
    () => false,
  );
  return Promise.race([answered, lost]).finally(() => clearTimeout(timer));
}

/**
 * When the connection fails, the transaction rejects at once, and its work never settles for the driver.
 * Otherwise the driver would write a rollback to a socket that is gone, which cannot be caught and ends the
 * process. The server rolls back when the connection closes.
 */
async function transaction(connection: HeldConnection, options: string, work: Work) {
  let fail: (error: unknown) => void = noop;
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  connection.whenClosed(fail);
  let workFailed = false;
  const finished = connection.driver.begin(options, async (tx) => {
    const queries = oneAtATime(tx, connection.isOpen, fail);
    try {
      const result = work(queries.tx);
      return await (Array.isArray(result) ? Promise.all(result) : result);
    } catch (error) {
      workFailed = true;
      throw error;
    } finally {
      await queries.finished();
    }
  });
  try {
    return await Promise.race([failed.catch(discardAndThrow), finished]);
  } catch (error) {
    if (!workFailed && !isRejectedStatement(error)) connection.discard();
    throw error;
  }

  function discardAndThrow(error: unknown): never {
    connection.discard();
    throw error;
  }
}

/** A transaction that sends each query when the one before is answered. */
function oneAtATime(
  tx: TransactionSql,
  isOpen: () => boolean,
  onFailure: (error: unknown) => void,
) {
  let last = Promise.resolve();
  let failure: { error: unknown } | undefined;
  const { handler } = internals(tx);

  function fail(error: unknown) {
    failure = { error };
    onFailure(error);
  }
  async function run(query: Query) {
    if (!failure && !isOpen())
      fail(connectionError("CONNECTION_CLOSED", "The connection closed in a transaction"));
    if (failure) return query.reject(failure.error);
    sendWithParameters(query);
    handler(query);
    await query.catch((error) => {
      if (!isRejectedStatement(error)) fail(error);
    });
  }
  const send = (query: Query) => {
    query.catch(noop); // one that fails while it waits may have no listener yet
    last = last.then(() => run(query));
  };
  const cancel = () => fail(cancelledError());
  return {
    tx: Object.assign(withHandlers(tx, { send, cancel }), {
      file: unsupported,
      savepoint: unsupported,
    }),
    /** Resolves when no query is running or waiting; never when the connection failed or closed. */
    async finished() {
      for (let seen: unknown; seen !== last; await last) seen = last;
      if (failure || !isOpen()) await new Promise(noop);
    },
  };
}

/**
 * The server rejected a statement and the connection is ready for the next one. After any other error it
 * is not: the server ends a session that it calls FATAL, and an error of the driver, such as a parameter
 * that is undefined, leaves an exchange unfinished.
 */
const isRejectedStatement = (error: unknown) =>
  (error as { severity?: string } | null)?.severity === "ERROR";

const connectionError = (code: string, message: string) =>
  Object.assign(new Error(message), { code });

const cancelledError = () => connectionError("CONNECTION_DESTROYED", "The query was cancelled");

function unsupported(): never {
  throw new Error("The connection pool does not support this call of the driver");
}

function noop() {}

/** What the driver's types do not show of a query: `handler` sends it, when it is first awaited. */
type Query = Promise<unknown> & {
  handler: (query: Query) => void;
  canceller: (query: Query) => void;
  resolve: (result: unknown) => void;
  reject: (error: unknown) => void;
  /** Set when the query is sent. */
  state: object | null;
};

type Handlers = { send: (query: Query) => void; cancel: (query: Query) => void };

/**
 * Calls back when a query is answered or fails, before the code that awaits it goes on: its next query then
 * finds this connection free.
 */
function onSettled(query: Query, settled: (error?: unknown) => void) {
  const { resolve, reject } = query;
  let isSettled = false;
  const once = (error?: unknown) => {
    if (!isSettled) settled(error);
    isSettled = true;
  };
  query.resolve = (result) => {
    once();
    resolve(result);
  };
  query.reject = (error) => {
    once(error);
    reject(error);
  };
}

/** The handler of the driver's own queries. This query is never awaited, so it is never sent. */
const internals = (sql: Sql | TransactionSql) => (sql as Sql)`` as unknown as Query;

/** A copy of `sql` whose queries are sent by other handlers. Values and fragments stay the driver's. */
function withHandlers<Driver extends Sql | TransactionSql>(
  sql: Driver,
  { send, cancel }: Handlers,
): Driver {
  // queries are made here, not by the driver's function, whose errors then would not name the caller
  const DriverQuery = internals(sql).constructor as new (
    strings: TemplateStringsArray,
    values: unknown[],
    handler: Query["handler"],
    canceller: Query["canceller"],
  ) => Query;
  const driver = sql as unknown as (...parameters: unknown[]) => unknown;
  const tagged = (first: TemplateStringsArray | undefined, ...values: unknown[]) =>
    Array.isArray(first?.raw)
      ? new DriverQuery(first as TemplateStringsArray, values, send, cancel)
      : driver(first, ...values);
  const unsafe = (...parameters: Parameters<Sql["unsafe"]>) =>
    Object.assign(sql.unsafe(...parameters), { handler: send, canceller: cancel });
  return Object.assign(tagged, sql, { unsafe }) as unknown as Driver;
}
