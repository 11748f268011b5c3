// A token becomes a principal, or is refused: a JWT, signed by the configured key, for this ledger, now. What was found good is remembered for a while, since a signature costs more than a command.
import { hash } from 'node:crypto'
import { errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey, type JWTVerifyOptions } from 'jose'
import { LRUCache } from 'lru-cache'
import { ownerSchema } from '../../ledger/entity-id.ts'
import { SCOPES, type Principal, type Scope } from '../../ledger/principal.ts'
import { CLOCK_TOLERANCE_SECONDS, MAX_REMEMBERED_TOKENS, REMEMBER_TOKEN_MS } from './limits.ts'
import { ALGORITHMS, publicKeyOf } from './public-key.ts'
import { publishedKeys } from './published-keys.ts'

export interface TokenOptions {
  /** Where the keys are published. This or `publicKey`. */
  readonly jwksUrl?: string | undefined
  /** In PEM. */
  readonly publicKey?: string | undefined
  /** What `iss` and `aud` must be; undefined: anything. */
  readonly issuer?: string | undefined
  readonly audience?: string | undefined
}

/** The token is not good; the message says why, in words of our own. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused'
}

export interface Tokens {
  /** A principal that was found before and still holds. */
  readonly known: (token: string) => Principal | undefined
  /** Throws TokenRefused; Unavailable where the keys can not be had. */
  readonly verify: (token: string) => Promise<Principal>
}

/** 1 to 255 characters that can be seen. */
const ACTOR = /^[^\p{C}\p{Zl}\p{Zp}]{1,255}$/u

/** Throws where the options name no key. `onAway` hears why published keys could not be fetched. */
export function tokens(options: TokenOptions, onAway: (error: unknown) => void): Tokens {
  const check = checker(options, onAway)
  const remembered = new LRUCache<string, { readonly principal: Principal; readonly until: number }>({ max: MAX_REMEMBERED_TOKENS })
  const nameOf = (token: string): string => hash('sha256', token, 'base64url')
  return {
    known(token) {
      const found = remembered.get(nameOf(token))
      return found && Date.now() < found.until ? found.principal : undefined
    },
    async verify(token) {
      const principal = principalFrom(await check(token))
      const until = Math.min(principal.expiresAt ?? 0, Date.now() + REMEMBER_TOKEN_MS)
      remembered.set(nameOf(token), { principal, until })
      return principal
    },
  }
}

function checker(
  { jwksUrl, publicKey, issuer, audience }: TokenOptions,
  onAway: (error: unknown) => void,
): (token: string) => Promise<JWTPayload> {
  const common: JWTVerifyOptions = {
    requiredClaims: ['exp', 'sub'],
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    ...(issuer !== undefined && { issuer }),
    ...(audience !== undefined && { audience }),
  }
  if (publicKey !== undefined) {
    const own = publicKeyOf(publicKey)
    if (!own) throw new TypeError('the public key is none that tokens may be signed with')
    return (token) => checked(jwtVerify(token, own.key, { ...common, algorithms: [own.algorithm] }))
  }
  if (jwksUrl === undefined) throw new TypeError('tokens need a key: publicKey or jwksUrl')
  const published: JWTVerifyGetKey = publishedKeys(jwksUrl, onAway)
  return (token) => checked(jwtVerify(token, published, { ...common, algorithms: [...ALGORITHMS] }))
}

async function checked(verification: Promise<{ readonly payload: JWTPayload }>): Promise<JWTPayload> {
  try {
    return (await verification).payload
  } catch (error) {
    // A key that jose holds for too weak is no JOSEError.
    if (error instanceof errors.JOSEError || error instanceof TypeError) throw new TokenRefused(reasonOf(error), { cause: error })
    throw error
  }
}

function reasonOf(error: Error): string {
  if (error instanceof errors.JWTExpired) return 'the token has expired'
  if (error instanceof errors.JWTClaimValidationFailed)
    return error.reason === 'missing' ? `the token has no ${error.claim}` : `${error.claim} of the token is not right`
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'the token is not signed by the key that is configured'
  if (error instanceof errors.JOSEAlgNotAllowed) return 'the token is not signed with the algorithm of the key'
  if (error instanceof errors.JWKSNoMatchingKey) return 'the token is not signed by a key that is published'
  if (error instanceof errors.JWKSMultipleMatchingKeys) return 'the token does not say which key it is signed by (kid)'
  return 'the token is not valid'
}

function principalFrom({ sub, exp, iat, scope, ...claims }: JWTPayload): Principal {
  if (typeof sub !== 'string' || !ACTOR.test(sub)) throw new TokenRefused('sub of the token is not right')
  if (exp === undefined || !Number.isFinite(exp)) throw new TokenRefused('exp of the token is not right')
  if (iat !== undefined && iat > Date.now() / 1_000 + CLOCK_TOLERANCE_SECONDS) throw new TokenRefused('iat of the token is not right')
  return {
    actor: sub,
    owner: ownerFrom(sub, Object.hasOwn(claims, 'owner'), claims['owner']),
    scopes: scopesFrom(scope),
    expiresAt: (exp + CLOCK_TOLERANCE_SECONDS) * 1_000,
  }
}

/** A subject that can not be an owner owns nothing. An owner that is named must be one. */
function ownerFrom(sub: string, isNamed: boolean, named: unknown): string | undefined {
  const parsed = ownerSchema.safeParse(isNamed ? named : sub)
  if (isNamed && !parsed.success) throw new TokenRefused('owner of the token is not right')
  return parsed.data
}

/** Those that are known, exactly as they are written. */
function scopesFrom(scope: unknown): ReadonlySet<Scope> {
  const words = typeof scope === 'string' ? scope.split(' ') : []
  return new Set(SCOPES.filter((known) => words.includes(known)))
}
