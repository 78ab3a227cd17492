// An OpenID Connect provider for the tests of signing in: `node provider.mjs PORT REDIRECT_URI`.
//
// `GET /mode/NAME` makes the next tokens wrong in one way, signed with the provider's own published key all the same:
// expired, audience, nonce (of an earlier sign-in), issuer; `rotated` signs with a new key and publishes it, `stolen`
// signs with a key that is not published, `none` sends a token without signature.

import Provider from "oidc-provider";
import { SignJWT, UnsecuredJWT, decodeJwt, exportJWK, generateKeyPair } from "jose";

const [port, redirect] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;

async function newKey(kid) {
  const pair = await generateKeyPair("RS256", { extractable: true });
  const parts = { kid, alg: "RS256", use: "sig" };
  return { pair, secret: { ...(await exportJWK(pair.privateKey)), ...parts }, open: { ...(await exportJWK(pair.publicKey)), ...parts } };
}

let key = await newKey("first");
let published = [key.open];
let mode = "";
let earlier = "an-earlier-nonce";

const provider = new Provider(issuer, {
  clients: [{ client_id: "gongzhi", client_secret: "for-tests-only", redirect_uris: [redirect], token_endpoint_auth_method: "client_secret_post" }],
  jwks: { keys: [key.secret] },
  cookies: { keys: ["for-tests-only"] },
  conformIdTokenClaims: false,
  claims: { openid: ["sub"], profile: ["name"], legal: ["credit_code", "legal_name"] },
  async findAccount(_ctx, sub) {
    return {
      accountId: sub,
      async claims() {
        return { sub, name: "李××", credit_code: "52440300MJ0000093M", legal_name: "深圳市××社工服务社" };
      },
    };
  },
});

async function spoil(token) {
  const claims = decodeJwt(token);
  const now = Math.floor(Date.now() / 1000);
  if (mode === "expired") Object.assign(claims, { iat: now - 7200, exp: now - 3600 });
  if (mode === "audience") claims.aud = "somebody-else";
  if (mode === "issuer") claims.iss = "http://127.0.0.1:1";
  if (mode === "nonce") claims.nonce = earlier;
  earlier = decodeJwt(token).nonce;
  if (mode === "none") return new UnsecuredJWT(claims).encode();
  let signing = key;
  if (mode === "rotated") {
    key = signing = await newKey("second");
    published = [signing.open];
  }
  if (mode === "stolen") signing = await newKey("first");
  return new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid: signing.secret.kid }).sign(signing.pair.privateKey);
}

provider.use(async (ctx, next) => {
  if (ctx.path.startsWith("/mode/")) {
    mode = ctx.path.slice(6);
    ctx.body = mode;
    return;
  }
  await next();
  if (ctx.path === "/jwks") ctx.body = { keys: published };
  if (ctx.path === "/token" && ctx.body && ctx.body.id_token) ctx.body = { ...ctx.body, id_token: await spoil(ctx.body.id_token) };
});

provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
