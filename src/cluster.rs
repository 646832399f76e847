//! The only holder of a Kubernetes client: runs effects, emits messages. Knows no panes.
