/** What people should know of agents and broker while a sweep runs, in words. */
export type OnBrokerNews = (message: string) => void;
