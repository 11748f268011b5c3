// What every answer tells a browser: this is data for who asked, to be kept by nobody else, not to be guessed at, framed, or used as a page. A route that is a page says what its page may do.
import type { FastifyReply } from 'fastify'

const HEADERS = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'cache-control': 'private, no-cache',
} as const

export const securityHeaders = (reply: FastifyReply): FastifyReply => reply.headers(HEADERS)
