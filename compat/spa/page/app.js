// A single-page application as the vendor's quickstart has it. Its path says how
// it keeps its tokens, so that each way has a redirect address of its own.
const ways = {
  "/frames": {},
  "/rotating": { useRefreshTokens: true },
  "/stored": { useRefreshTokens: true, cacheLocation: "localstorage" },
  "/fallback": { useRefreshTokens: true, cacheLocation: "localstorage", useRefreshTokensFallback: true },
};

let config, client;

async function start() {
  config = await (await fetch("/config.json")).json();
  client = await auth0.createAuth0Client({
    domain: config.domain,
    clientId: config.client,
    authorizeTimeoutInSeconds: config.patience,
    authorizationParams: {
      redirect_uri: location.origin + location.pathname,
      audience: config.audience,
      scope: "openid profile email read:messages",
    },
    ...ways[location.pathname],
  });
  const asked = new URLSearchParams(location.search);
  if (asked.has("state") && (asked.has("code") || asked.has("error"))) {
    try {
      await client.handleRedirectCallback();
    } finally {
      history.replaceState({}, "", location.pathname);
    }
  }
  await show();
}

async function show() {
  const user = await client.getUser();
  say(user ? `You are ${user.name}${user.org_id ? ` of ${user.org_id}` : ""}.` : "You are nobody.");
}

function say(text) {
  document.getElementById("who").textContent = text;
}

// renew gets tokens, past the cache, and returns what the access token says.
async function renew(options) {
  const answer = await client.getTokenSilently({ cacheMode: "off", detailedResponse: true, ...options });
  return claims(answer.access_token);
}

function claims(token) {
  return JSON.parse(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")));
}

// call asks the API with the access token at hand, and returns the status.
async function call(path) {
  const token = await client.getTokenSilently();
  return (await fetch(path, { headers: { Authorization: `Bearer ${token}` } })).status;
}

// kept returns the refresh token that the SDK keeps where the page can read it.
function kept() {
  for (const [key, value] of Object.entries(localStorage)) {
    const token = key.startsWith("@@auth0spajs@@") && JSON.parse(value).body?.refresh_token;
    if (token) return token;
  }
  return "";
}

// outcome returns what a promise comes to, an error as a text.
async function outcome(promise) {
  try {
    return String(await promise);
  } catch (e) {
    return e.error ? `${e.error}: ${e.message}` : String(e);
  }
}

const press = (id, what) =>
  document.getElementById(id).addEventListener("click", () => what().catch((e) => say(`${e.error}: ${e.message}`)));
press("login", () => client.loginWithRedirect());
press("popup", () => client.loginWithPopup().then(show));
press("organization", () => client.loginWithRedirect({ authorizationParams: { organization: config.organization } }));
press("logout", () => client.logout({ logoutParams: { returnTo: location.origin + location.pathname } }));
start().catch((e) => say(`${e.error}: ${e.message}`));
