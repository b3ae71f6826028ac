// A district's own sign-in, for tests: a certified OpenID provider that lets in whoever POST /as names.
// Usage: node oidc_provider.mjs PORT CALLBACK…   Each CALLBACK is a client “district-N” with the secret “secret”.
import Provider from "oidc-provider";

const [port, ...callbacks] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const state = { account: null };

const provider = new Provider(issuer, {
  clients: callbacks.map((uri, n) => ({
    client_id: `district-${n + 1}`, client_secret: "secret", redirect_uris: [uri],
  })),
  cookies: { keys: ["for tests only"] },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...JSON.parse(id) }) }),
});
const answer = provider.callback();

async function read(request) {
  let body = "";
  for await (const part of request) body += part;
  return body;
}

async function interact(request, response) {
  if (state.account === "stop") {
    return provider.interactionFinished(request, response, { error: "access_denied" });
  }
  const { params, prompt, grantId } = await provider.interactionDetails(request, response);
  if (prompt.name === "login") {
    return provider.interactionFinished(request, response, { login: { accountId: state.account } });
  }
  const grant = grantId
    ? await provider.Grant.find(grantId)
    : new provider.Grant({ accountId: state.account, clientId: params.client_id });
  grant.addOIDCScope("openid email profile");
  return provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
}

const { createServer } = await import("node:http");
createServer(async (request, response) => {
  if (request.method === "POST" && request.url === "/as") {
    state.account = await read(request);
    return response.end("ok");
  }
  if (request.url.startsWith("/interaction/")) return interact(request, response);
  return answer(request, response);
}).listen(Number(port), "127.0.0.1", () => console.log("ready"));
