//! What every request passes on its way out: the read-only guard, the credentials, and one second try when the server refuses them. It is
//! the inside of the kube client, so nothing gets around it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::{HeaderValue, Request, Response, StatusCode, header};
use kube::Client;
use kube::client::Body;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Mutex;
use tower::{BoxError, Service};

use super::credentials::{Credential, Credentials};
use super::guard;
use crate::model::{Failure, FailureKind};
use crate::msg::Access;

/// The inside of a client. Clones share connections and credentials.
#[derive(Clone)]
pub struct Gate(Arc<Inner>);

/// Says nothing of credentials.
impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gate")
            .field("server", &self.0.config.cluster_url)
            .finish_non_exhaustive()
    }
}

struct Inner {
    /// Changes are refused; switched by [`Gate::allow`].
    read_only: AtomicBool,
    /// Without `exec`: kube never sees the plugin.
    config: kube::Config,
    credentials: Option<Credentials>,
    /// kube's client and the generation of the client certificate that is baked into it.
    transport: Mutex<Option<(u64, Client)>>,
}

impl Gate {
    /// A gate that has sent nothing yet.
    pub fn new(config: kube::Config, access: Access, credentials: Option<Credentials>) -> Self {
        Self(Arc::new(Inner {
            read_only: AtomicBool::new(access == Access::ReadOnly),
            config,
            credentials,
            transport: Mutex::new(None),
        }))
    }

    /// A kube client whose every request passes the gate. Must be called inside a tokio runtime.
    pub fn client(&self) -> Client {
        Client::new(self.clone(), self.0.config.default_namespace.clone())
    }

    /// Waits until there are credentials, however long the plugin takes.
    ///
    /// # Errors
    /// There are none to be had.
    pub async fn ready(&self) -> Result<(), Failure> {
        match &self.0.credentials {
            Some(credentials) => credentials.current().await.map(|_| ()),
            None => Ok(()),
        }
    }

    /// Allows or refuses changes from now on.
    pub fn allow(&self, access: Access) {
        self.0
            .read_only
            .store(access == Access::ReadOnly, Ordering::Release);
    }

    fn access(&self) -> Access {
        if self.0.read_only.load(Ordering::Acquire) {
            Access::ReadOnly
        } else {
            Access::Write
        }
    }

    /// The credential plugin, if there is one.
    pub fn credentials(&self) -> Option<&Credentials> {
        self.0.credentials.as_ref()
    }

    /// Forgets idle connections: after a jump of the clock or a silent death they are of no use.
    pub async fn reset(&self) {
        *self.0.transport.lock().await = None;
    }

    async fn pass(self, request: Request<Body>) -> Result<Response<Body>, BoxError> {
        guard::check(self.access(), &request)?;
        let Some(credentials) = &self.0.credentials else {
            return Ok(self.transport(None).await?.send(request).await?);
        };
        let used = credentials.current().await?;
        let (parts, body) = request.into_parts();
        let again = body
            .try_clone()
            .map(|body| Request::from_parts(parts.clone(), body));
        let answer = self.send(Request::from_parts(parts, body), &used).await?;
        if answer.status() != StatusCode::UNAUTHORIZED {
            used.accept();
            return Ok(answer);
        }
        match (again, credentials.renewed(&used).await) {
            (Some(again), Some(renewed)) => {
                let answer = self.send(again, &renewed).await?;
                if answer.status() != StatusCode::UNAUTHORIZED {
                    renewed.accept();
                }
                Ok(answer)
            }
            _ => Ok(answer),
        }
    }

    async fn send(
        &self,
        mut request: Request<Body>,
        credential: &Credential,
    ) -> Result<Response<Body>, BoxError> {
        if let Some(token) = &credential.token {
            request
                .headers_mut()
                .insert(header::AUTHORIZATION, bearer(token)?);
        }
        Ok(self.transport(Some(credential)).await?.send(request).await?)
    }

    async fn transport(&self, credential: Option<&Credential>) -> Result<Client, BoxError> {
        let identity = credential.and_then(|credential| credential.identity.as_ref());
        let generation = match (identity, credential) {
            (Some(_), Some(credential)) => credential.generation,
            _ => 0,
        };
        let mut transport = self.0.transport.lock().await;
        if let Some((built, client)) = &*transport
            && *built == generation
        {
            return Ok(client.clone());
        }
        let mut config = self.0.config.clone();
        if let Some((certificate, key)) = identity {
            config.auth_info.client_certificate_data = Some(STANDARD.encode(certificate));
            config.auth_info.client_key_data = Some(SecretString::from(STANDARD.encode(key.expose_secret())));
        }
        let client = Client::try_from(config)?;
        *transport = Some((generation, client.clone()));
        Ok(client)
    }
}

fn bearer(token: &SecretString) -> Result<HeaderValue, Failure> {
    let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose_secret())).map_err(|_| {
        Failure::new(
            FailureKind::Credentials,
            "the plugin's token has characters that no header may carry",
        )
    })?;
    value.set_sensitive(true);
    Ok(value)
}

impl Service<Request<Body>> for Gate {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Response<Body>, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        self.clone().pass(request).boxed()
    }
}
