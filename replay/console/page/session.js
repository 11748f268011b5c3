// The token that requests are sent with: kept for this tab only, until it is closed, and never in an address.

const KEY = 'strata-token'

export const changed = new EventTarget()
const tell = () => changed.dispatchEvent(new Event('change'))

export const token = () => sessionStorage.getItem(KEY) ?? undefined

/** @param {string} given As copied from somewhere, perhaps with its scheme. */
export function signIn(given) {
  sessionStorage.setItem(KEY, given.trim().replace(/^Bearer +/i, ''))
  tell()
}

export function signOut() {
  sessionStorage.removeItem(KEY)
  tell()
}

/**
 * What the token says of itself, to show; the server does not rely on this, and neither may the page. Undefined: there is none that can be read.
 * @param {string} [text]
 * @returns {{ readonly subject: string, readonly ownOnly: string | undefined, readonly mayOperate: boolean } | undefined}
 */
export function whoIs(text = token()) {
  try {
    const { sub, owner, scope } = JSON.parse(decoded(text?.split('.')[1] ?? ''))
    const scopes = String(scope ?? '').split(' ')
    const seesAll = scopes.includes('audit') || scopes.includes('submit:any')
    return { subject: String(sub), ownOnly: seesAll ? undefined : String(owner ?? sub), mayOperate: scopes.includes('operate') }
  } catch {
    return undefined
  }
}

/** @param {string} base64url */
function decoded(base64url) {
  const bytes = Uint8Array.from(atob(base64url.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0))
  return new TextDecoder().decode(bytes)
}
