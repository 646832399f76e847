//! Feeds and views: the rows, their order and what is joined to them. Asks nobody.
