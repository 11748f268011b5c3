// A server that wants tokens: the form that asks for one, and the name of whoever has given it.
import { fill, form, h } from './h.js'
import { signIn, signOut, token, whoIs } from './session.js'

/** @import {Problem} from './api.js' */

/**
 * In the place of the page that was refused.
 * @param {HTMLElement} place
 * @param {Problem} problem
 */
export function askForToken(place, { detail }) {
  const had = token() !== undefined
  const input = h('input', {
    id: 'token',
    type: 'password',
    required: true,
    autocomplete: 'off',
    spellcheck: 'false',
    'aria-describedby': 'token-hint',
  })
  fill(
    place,
    h('h1', { tabindex: '-1' }, 'Sign in'),
    form(
      { class: 'card sign-in' },
      () => signIn(input.value),
      h('p', {}, 'This server asks for a token. The console sends it with each request, and keeps it in this tab until you close it.'),
      had && h('div', { class: 'trouble', role: 'alert' }, h('strong', {}, 'The token was not taken'), h('p', {}, detail)),
      h('label', { for: 'token' }, 'Token'),
      input,
      h(
        'p',
        { id: 'token-hint', class: 'hint' },
        'A JSON Web Token with the scope audit sees everything; with submit, what is its owner’s; with operate, it may pause projections, and get them going again.',
      ),
      h('button', {}, 'Sign in'),
    ),
  )
  input.focus()
}

/** @param {HTMLElement} place */
export function showWho(place) {
  if (token() === undefined) return fill(place)
  fill(
    place,
    h('span', { class: 'hint' }, whoIs()?.subject ?? 'with a token'),
    h('button', { type: 'button', class: 'quiet', onclick: signOut }, 'Sign out'),
  )
}
