// The keys that sign tokens, as a set that is published at a URL (JWKS): fetched within limits of time and size, kept for a while, and not fetched too often, whatever tokens ask for.
import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from 'jose'
import { Unavailable } from '../../ledger/failure.ts'
import { JWKS_COOLDOWN_MS, JWKS_MAX_AGE_MS, JWKS_RETRY_MS, JWKS_TIMEOUT_MS, MAX_JWKS_BYTES } from './limits.ts'

/** Throws Unavailable where the set can not be had; what jose throws where it has no such key. */
export function publishedKeys(url: string, onAway: (error: unknown) => void): JWTVerifyGetKey {
  let retryAt = 0
  async function fetchBounded(address: string, init: RequestInit): Promise<Response> {
    if (performance.now() < retryAt) throw new Unavailable(AWAY)
    try {
      const response = await fetch(address, init)
      return new Response(await textOf(response), { status: response.status })
    } catch (error) {
      retryAt = performance.now() + JWKS_RETRY_MS
      onAway(error)
      throw error
    }
  }
  const keys = createRemoteJWKSet(new URL(url), {
    timeoutDuration: JWKS_TIMEOUT_MS,
    cacheMaxAge: JWKS_MAX_AGE_MS,
    cooldownDuration: JWKS_COOLDOWN_MS,
    [customFetch]: fetchBounded,
  })
  return async (header, token) => {
    try {
      return await keys(header, token)
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) throw error
      throw new Unavailable(AWAY, { cause: error })
    }
  }
}

const AWAY = 'the keys that sign tokens can not be had from where they are published'

async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > MAX_JWKS_BYTES) throw new Error(`the published keys have more than ${MAX_JWKS_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
