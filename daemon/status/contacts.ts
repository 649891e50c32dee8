/** What the daemon goes by, and when each was last confirmed. */
export type ContactName = 'mesh' | 'kong' | 'snapshot';

/** When each was last seen as it is, or was known to hold what it should, in ms since the epoch. */
export type Contacts = Readonly<Partial<Record<ContactName, number>>>;

/** From which age on a contact no longer counts, in ms. */
export type ContactLimits = Readonly<Record<ContactName, number>>;
