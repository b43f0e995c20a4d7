// oidc-provider as it comes, with its own sign-in and consent pages. Any name signs in with any password; what it
// tells of a person follows from the name: "unverified-…" has an address nobody verified, "silent-…" has none.
// PORT, REDIRECT (comma-separated), TOKEN_SECONDS.
import Provider from 'oidc-provider';

const { PORT, REDIRECT, TOKEN_SECONDS } = process.env;

function claims(id) {
  const name = id.split('-').pop();
  const told = { sub: id, name: name[0].toUpperCase() + name.slice(1) };
  if (id.startsWith('silent-')) return told;
  return { ...told, email: `${name}@example.com`, email_verified: !id.startsWith('unverified-') };
}

const provider = new Provider(`http://127.0.0.1:${PORT}`, {
  clients: [
    {
      client_id: 'hub',
      client_secret: 'a-secret-of-the-hub-0001',
      redirect_uris: REDIRECT.split(','),
      grant_types: ['authorization_code', 'refresh_token'],
    },
  ],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
  findAccount: async (context, id) => ({ accountId: id, claims: async () => claims(id) }),
  features: { revocation: { enabled: true } },
  pkce: { required: () => true },
  rotateRefreshToken: true,
  ttl: { AccessToken: Number(TOKEN_SECONDS || 60), IdToken: 60, RefreshToken: 600, Session: 600, Grant: 600, Interaction: 600 },
  cookies: { keys: ['only for tests'] },
});

provider.listen(Number(PORT), '127.0.0.1');
