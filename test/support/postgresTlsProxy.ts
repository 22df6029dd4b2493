import { once } from "node:events";
import * as net from "node:net";
import * as tls from "node:tls";

/** A proxy to Postgres that accepts connections over TLS only, with one of the certificates below. */
export async function postgresTlsProxy(databaseUrl: string, certificate = certificates.localhost) {
  const { hostname, port, href } = new URL(databaseUrl);
  const sockets = new Set<net.Socket>();
  const keep = <Kind extends net.Socket>(socket: Kind) => {
    sockets.add(socket);
    return socket.on("error", () => {}).on("close", () => sockets.delete(socket));
  };
  let inClear = 0;

  const server = net
    .createServer((client) => {
      keep(client).once("data", (request) => {
        const isTlsRequest = request.length === 8 && request.readUInt32BE(4) === 80_877_103;
        if (!isTlsRequest) {
          inClear += 1;
          return void client.destroy();
        }
        client.write("S");
        const secure = keep(new tls.TLSSocket(client, { isServer: true, key, cert: certificate }));
        const upstream = keep(net.connect(Number(port), hostname));
        secure.pipe(upstream).pipe(secure);
        secure.on("close", () => upstream.destroy());
      });
    })
    .listen(0, "0.0.0.0");
  await once(server, "listening");
  const own = (server.address() as net.AddressInfo).port;

  return {
    /** Its address by one of this machine's names. `0.0.0.0` is one that does not count as this machine's. */
    url: (host: string) => href.replace(`${hostname}:${port}`, `${host}:${own}`),
    /** How many connections did not ask for TLS. */
    inClear: () => inClear,
    async stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, "close");
    },
  };
}

/** Self-signed, for `localhost`, `other.example.com` and the address `0.0.0.0`; for tests only. */
export const certificates = {
  localhost: `-----BEGIN CERTIFICATE-----
MIIBlTCCATugAwIBAgIUfWwq/3PUXrzAYyyJMrxwUWJDCG8wCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTIzNDc1M1oYDzIxMjYxMDI4
MjM0NzUzWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASWvPR/cXQyhWJ9ss7qwc+5pEGKkEKEfiP3OQ4T5NYf5Aq81M4OmISb
ldfzsABsPtDrae869xJU7e4JG5z/RMSRo2kwZzAdBgNVHQ4EFgQUCOn/XA3hBCsQ
QDpwxxTItGc3GogwHwYDVR0jBBgwFoAUCOn/XA3hBCsQQDpwxxTItGc3GogwDwYD
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwID
SAAwRQIgJY/LTNITG+qknJKrnaCZozOMuYuKEru7qHoFgfNutuMCIQCo5EDWeaMr
gG4XiDNrA65I1GXkl+CW9d0GuX5mMeH0jA==
-----END CERTIFICATE-----`,
  other: `-----BEGIN CERTIFICATE-----
MIIBrTCCAVOgAwIBAgIUM8nieYeonC5VqMDeb149ch1NuKEwCgYIKoZIzj0EAwIw
HDEaMBgGA1UEAwwRb3RoZXIuZXhhbXBsZS5jb20wIBcNMjYxMTIxMjM1MDE0WhgP
MjEyNjEwMjgyMzUwMTRaMBwxGjAYBgNVBAMMEW90aGVyLmV4YW1wbGUuY29tMFkw
EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAElrz0f3F0MoVifbLO6sHPuaRBipBChH4j
9zkOE+TWH+QKvNTODpiEm5XX87AAbD7Q62nvOvcSVO3uCRuc/0TEkaNxMG8wHQYD
VR0OBBYEFAjp/1wN4QQrEEA6cMcUyLRnNxqIMB8GA1UdIwQYMBaAFAjp/1wN4QQr
EEA6cMcUyLRnNxqIMA8GA1UdEwEB/wQFMAMBAf8wHAYDVR0RBBUwE4IRb3RoZXIu
ZXhhbXBsZS5jb20wCgYIKoZIzj0EAwIDSAAwRQIgFRMGjCcM5RSD4MIT1epLeTqr
DZGehZbDEAerfihSA10CIQCdR3agoZ63SxkDx4CGbNsAoVMfZ944sK3q2Sd59St5
/A==
-----END CERTIFICATE-----`,
  address: `-----BEGIN CERTIFICATE-----
MIIBjDCCATKgAwIBAgIUBzEzQ1V2Y9PgeZPfcjSUvYhBhLcwCgYIKoZIzj0EAwIw
EjEQMA4GA1UEAwwHMC4wLjAuMDAgFw0yNjExMjIwMjUyMjhaGA8yMTI2MTAyOTAy
NTIyOFowEjEQMA4GA1UEAwwHMC4wLjAuMDBZMBMGByqGSM49AgEGCCqGSM49AwEH
A0IABJa89H9xdDKFYn2yzurBz7mkQYqQQoR+I/c5DhPk1h/kCrzUzg6YhJuV1/Ow
AGw+0Otp7zr3ElTt7gkbnP9ExJGjZDBiMB0GA1UdDgQWBBQI6f9cDeEEKxBAOnDH
FMi0ZzcaiDAfBgNVHSMEGDAWgBQI6f9cDeEEKxBAOnDHFMi0ZzcaiDAPBgNVHRMB
Af8EBTADAQH/MA8GA1UdEQQIMAaHBAAAAAAwCgYIKoZIzj0EAwIDSAAwRQIhALYD
OjnRzPBGYJSRJvtiR8JZblkI4k5/tKf9V+ADZ20QAiAQcvm/2Euk5qwWVJhOEOQh
r31NP9Vu7D1hAM/m3B9foA==
-----END CERTIFICATE-----`,
};

/** Of all certificates. */
export const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgBngVgH+xisgY3UBb
cpjj+VFfRy0HEBa00sUpv6ngvOShRANCAASWvPR/cXQyhWJ9ss7qwc+5pEGKkEKE
fiP3OQ4T5NYf5Aq81M4OmISbldfzsABsPtDrae869xJU7e4JG5z/RMSR
-----END PRIVATE KEY-----`;
