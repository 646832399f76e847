//! kubris: a terminal cluster explorer for Kubernetes.
//!
//! Data goes one way: API server → [`cluster`] → [`msg`] → [`app`] (with [`store`]) → [`view`] → [`ui`]. Imports point only up the list below;
//! a test holds that.
//!
//! Glossary: a *kind* is a resource with its rows and columns; a *feed* is one watch; a *view* is what a pane shows; a *pane* is a rectangle of
//! a tab; a *scope* is a set of namespaces; a *query* names a view as data; a *row* is the compact form of an object; a *cell* is one typed
//! value of it; an *effect* is what the app asks of the outside; a *message* is what the outside tells the app.

pub mod clock;
pub mod text;
pub mod action;
pub mod trace;
pub mod model;
pub mod keymap;
pub mod theme;
pub mod config;
pub mod rules;
pub mod wire;
pub mod kind;
pub mod kinds;
pub mod logs;
pub mod insight;
pub mod msg;
pub mod store;
pub mod app;
pub mod view;
pub mod ui;
pub mod highlight;
pub mod cluster;
pub mod demo;
pub mod terminal;
pub mod runtime;
pub mod cli;
