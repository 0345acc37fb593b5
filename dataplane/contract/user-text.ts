/** The user part of a SIP URI as configuration writes it. */

/** RFC 3261 §25.1 `user`, escapes undone; `#` and `^` are tolerated because PBXs dial them. */
export const isUserText = (text: string): boolean => /^[A-Za-z0-9_.!~*'()&=+$,;?/#^-]+$/.test(text);

/** What may be put in front of a user part. */
export const isUserTextOrEmpty = (text: string): boolean => text === '' || isUserText(text);
