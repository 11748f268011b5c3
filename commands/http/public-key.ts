// A public key in PEM that tokens may be signed with, and the one algorithm that it signs with: the key's, never the token's, so that no token can have a public key taken for a shared secret.
import { createPublicKey, type KeyObject } from 'node:crypto'

export type Algorithm = 'RS256' | 'ES256' | 'EdDSA'
export const ALGORITHMS: readonly Algorithm[] = ['RS256', 'ES256', 'EdDSA']
const MIN_RSA_BITS = 2_048

export interface PublicKey {
  readonly key: KeyObject
  readonly algorithm: Algorithm
}

/** Undefined: no key that tokens may be signed with. */
export function publicKeyOf(pem: string): PublicKey | undefined {
  if (!pem.includes('PUBLIC KEY') || pem.includes('PRIVATE KEY')) return undefined
  try {
    const key = createPublicKey(pem)
    const algorithm = algorithmOf(key)
    return algorithm && { key, algorithm }
  } catch {
    return undefined
  }
}

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): Algorithm | undefined {
  switch (asymmetricKeyType) {
    case 'rsa':
      return (asymmetricKeyDetails?.modulusLength ?? 0) >= MIN_RSA_BITS ? 'RS256' : undefined
    case 'ec':
      return asymmetricKeyDetails?.namedCurve === 'prime256v1' ? 'ES256' : undefined
    case 'ed25519':
      return 'EdDSA'
    default:
      return undefined
  }
}
