// Promises: a text that may be shown: no password of a URL in it, neither before the host nor among the parameters.

const MASK = '***'

export function maskSecrets(text: string): string {
  return text
    .replaceAll(/(\b[a-z][a-z0-9+.-]*:\/\/[^\s:@/?#]*):[^\s/?#]*@/gi, `$1:${MASK}@`)
    .replaceAll(/([?&;](?:[a-z_-]*(?:password|passphrase|secret|token)|sslkey)=)[^\s&;#]*/gi, `$1${MASK}`)
}
