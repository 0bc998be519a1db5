/** The most bytes that one unit of a JavaScript string's `length` takes in UTF-8. */
export const MOST_BYTES = 3
