/**
 * For AES-GCM: a tag that is shorter, such as that of a text cut off, is refused. Node.js would
 * take one of four bytes (NIST SP 800-38D, appendix C).
 */
export const WHOLE_TAG = { authTagLength: 16 } as const;
