/** Bodies that are read while they arrive: lists too long to be held as text first. */

/** True for what a content type parser handed on unread. */
export const isStream = (body: unknown): body is AsyncIterable<Buffer> => typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
