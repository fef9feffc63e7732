/** Keys, tokens, clients and log-ins: who is asking. */
export {
  ASSERTION_TYPE,
  forgetUsedAssertions,
  type VerifiedClient,
  verifyClientAssertion,
} from './client-assertion.ts';
export { type CertificateTrust, clientCertificate } from './client-certificate.ts';
export { type Client, type ClientKind, type Clients, createClients } from './clients.ts';
export { FIND_LIMITS, isFetchable, keepFinder } from './find-organisation.ts';
export { changedKeyFile } from './key-file.ts';
export {
  KEY_FILE_REREAD_MS,
  type Keyring,
  type KeyringFile,
  newKeyring,
  openKeyring,
  withNewKek,
} from './keyring.ts';
export {
  createOidcLogin,
  type LoggedIn,
  type LoginRun,
  type OidcConfig,
  type OidcLogin,
} from './oidc-login.ts';
export { createOrganisations, type Organisation, type Organisations } from './organisations.ts';
export {
  type RegistryDigest,
  registryChanges,
  registryDigest,
  toldRegistry,
} from './registry-digest.ts';
export { type NotRevoked, revocationLists } from './revocation-lists.ts';
export { createSealedState, newFamily, type OpenState, type SealedState } from './sealed-state.ts';
export {
  ACCESS_TOKEN_SECONDS,
  bearerToken,
  createTokens,
  type TokenClaims,
  type Tokens,
  type VerifiedToken,
} from './tokens.ts';
