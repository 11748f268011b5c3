// Ids from elsewhere as parts of the ledger's ids: what a part may not hold is written as `~HH`, a byte of its UTF-8 in hex, e.g. `a1#7 x` as `a1~237~20x`. So is `~` itself: two different
// ids never come to the same part. Pure.
const KEPT = /[A-Za-z0-9._@-]/

const escape = (byte: number): string => `~${byte.toString(16).toUpperCase().padStart(2, '0')}`

export function idPart(text: string): string {
  if (text === '.' || text === '..') return text.replaceAll('.', escape(0x2e))
  return Array.from(Buffer.from(text), (byte) => {
    const character = String.fromCharCode(byte)
    return KEPT.test(character) ? character : escape(byte)
  }).join('')
}
