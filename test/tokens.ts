// Promises: tokens as an identity provider would sign them, and as somebody who wants to get past the checks would.
import { createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'

export const ISSUER = 'https://issuer.example'
export const AUDIENCE = 'strata'

export type Claims = Readonly<Record<string, unknown>>

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
export const nowSeconds = (): number => Math.floor(Date.now() / 1_000)

const standard = (): Claims => ({ iss: ISSUER, aud: AUDIENCE, sub: 'alice', iat: nowSeconds(), exp: nowSeconds() + 300 })

export interface Signing {
  readonly key: KeyObject
  /** What the header says. */
  readonly alg: string
  readonly header?: Claims
}

/** Claims that are undefined are left out. */
export function token(claims: Claims, { key, alg, header = {} }: Signing): string {
  const text = `${part({ alg, typ: 'JWT', ...header })}.${part({ ...standard(), ...claims })}`
  const input = Buffer.from(text)
  const signature =
    key.asymmetricKeyType === 'ed25519'
      ? sign(null, input, key)
      : sign('sha256', input, key.asymmetricKeyType === 'ec' ? { key, dsaEncoding: 'ieee-p1363' } : key)
  return `${text}.${signature.toString('base64url')}`
}

/** Signed with a secret, which may be a public key's text. */
export function tokenByHmac(claims: Claims, secret: string, alg = 'HS256'): string {
  const text = `${part({ alg, typ: 'JWT' })}.${part({ ...standard(), ...claims })}`
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
}

export const unsignedToken = (claims: Claims, alg = 'none'): string => `${part({ alg, typ: 'JWT' })}.${part({ ...standard(), ...claims })}.`

export interface Issuer {
  readonly pem: string
  readonly signing: Signing
  readonly token: (claims: Claims) => string
}

function issuer({ publicKey, privateKey }: { readonly publicKey: KeyObject; readonly privateKey: KeyObject }, alg: string): Issuer {
  const signing = { key: privateKey, alg }
  return { pem: publicKey.export({ type: 'spki', format: 'pem' }).toString(), signing, token: (claims) => token(claims, signing) }
}

export const ed25519 = (): Issuer => issuer(generateKeyPairSync('ed25519'), 'EdDSA')
export const p256 = (): Issuer => issuer(generateKeyPairSync('ec', { namedCurve: 'P-256' }), 'ES256')
export const rsa = (bits = 2_048): Issuer => issuer(generateKeyPairSync('rsa', { modulusLength: bits }), 'RS256')
