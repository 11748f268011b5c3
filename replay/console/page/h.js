// Elements. Whatever comes in becomes text: there is no way here from a value to markup.

/** @typedef {Node | string | number | false | null | undefined | readonly Content[]} Content */
/** @typedef {Readonly<Record<string, string | number | boolean | undefined | ((event: Event) => void)>>} Attributes `onclick` and the like are listeners; true and false stand for an attribute that is there, or not. */

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes]
 * @param {...Content} content
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, attributes = {}, ...content) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value)
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : String(value))
  }
  append(element, content)
  return element
}

/**
 * @param {Element} element
 * @param {readonly Content[]} content
 */
function append(element, content) {
  for (const one of content) {
    if (isList(one)) append(element, one)
    else if (one !== undefined && one !== null && one !== false) element.append(one instanceof Node ? one : String(one))
  }
}

/**
 * Puts new content in the place of what an element has.
 * @param {Element} element
 * @param {...Content} content
 */
export function fill(element, ...content) {
  element.replaceChildren()
  append(element, content)
}

/**
 * Says this in an element. The same words again are left alone: they would be read out again.
 * @param {Element} element
 * @param {string} text
 */
export function say(element, text) {
  if (element.textContent !== text) fill(element, text)
}

/**
 * A form that is sent nowhere.
 * @param {Attributes} attributes
 * @param {() => void} act
 * @param {...Content} content
 */
export function form(attributes, act, ...content) {
  const onsubmit = (/** @type {Event} */ event) => {
    event.preventDefault()
    act()
  }
  return h('form', { ...attributes, onsubmit }, ...content)
}

/** @param {Content} one @returns {one is readonly Content[]} */
const isList = (one) => Array.isArray(one)
