//! From a context to a link: kube's configuration without what kube would do by itself (plugins, retries), with ours. Sends nothing.

mod certificate;
mod proxy;

use std::time::Duration;

use kube::Config;
use kube::config::KubeConfigOptions;
use tokio::sync::mpsc::Sender;

use super::Options;
use super::credentials::{Credentials, Plugin};
use super::gate::Gate;
use super::kubeconfig::{Kubeconfig, Selected};
use super::link::Link;
use crate::model::{Failure, FailureKind};
use crate::msg::{ClusterInfo, ContextInfo, Msg};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Prepares the link to a context, the current one for `None`. Without any kubeconfig, the pod's own service account.
///
/// # Errors
/// What is missing or wrong, with its file and key.
pub async fn connect(
    kubeconfig: &Kubeconfig,
    context: Option<&str>,
    options: &Options,
    out: &Sender<Msg>,
) -> Result<Link, Failure> {
    let (info, mut config) = match kubeconfig.select(context.or(options.context.as_deref())) {
        Ok(selected) => configured(&selected).await?,
        Err(failure) => match Config::incluster() {
            Ok(config) if kubeconfig.contexts.is_empty() => (in_cluster(&config), config),
            _ => return Err(failure),
        },
    };
    let exec = config.auth_info.exec.take();
    let plugin = exec.map(|exec| Plugin::new(exec, &info.user)).transpose()?;
    let credentials =
        plugin.map(|plugin| Credentials::new(plugin, options.plugin_in_foreground, out.clone()));
    refuse_retired_provider(&config, &info)?;
    config.connect_timeout = Some(CONNECT_TIMEOUT);
    config.default_retry = false;
    let impersonate = impersonate(&mut config, options);
    let access = options.access_of(&info.name);
    let certificate_end = certificate::end(&config.auth_info);
    let gate = Gate::new(config, access, credentials);
    let cluster = ClusterInfo {
        context: info,
        access,
        locked: options.read_only == Some(true),
        impersonate,
        certificate_end,
        demo: options.demo,
    };
    let mut link = Link::new(gate, cluster);
    link.timing = options.timing;
    link.namespaces = namespaces(kubeconfig, &link.info.context, options);
    Ok(link)
}

/// Namespaces that the settings or any context of the same cluster name.
fn namespaces(kubeconfig: &Kubeconfig, context: &ContextInfo, options: &Options) -> Vec<String> {
    let own = options
        .config
        .context(&context.name)
        .namespaces
        .unwrap_or_default();
    let same = kubeconfig
        .contexts
        .iter()
        .filter(|other| other.cluster == context.cluster);
    let named = same
        .map(|other| other.namespace.clone())
        .chain([context.namespace.clone()]);
    own.into_iter()
        .chain(options.config.favourites(&context.name))
        .chain(named)
        .collect()
}

async fn configured(selected: &Selected) -> Result<(ContextInfo, Config), Failure> {
    let config = Config::from_custom_kubeconfig(selected.merged(), &KubeConfigOptions::default()).await;
    let mut config = config.map_err(|error| {
        let name = &selected.info.name;
        Failure::new(
            FailureKind::Credentials,
            format!("context `{name}` cannot be used: {error}"),
        )
    })?;
    // kube compares NO_PROXY with the proxy instead of the server.
    let env = |name: &str| std::env::var(name).ok();
    config.proxy_url = proxy::proxy(selected.cluster.proxy_url.as_deref(), &config.cluster_url, env)?;
    Ok((selected.info.clone(), config))
}

fn in_cluster(config: &Config) -> ContextInfo {
    ContextInfo {
        name: "in-cluster".to_owned(),
        cluster: "in-cluster".to_owned(),
        user: "service account".to_owned(),
        namespace: config.default_namespace.clone(),
        server: config.cluster_url.to_string(),
        problem: None,
    }
}

/// The providers that client-go removed in 1.26 would run programs behind our back.
fn refuse_retired_provider(config: &Config, info: &ContextInfo) -> Result<(), Failure> {
    let instead = match config
        .auth_info
        .auth_provider
        .as_ref()
        .map(|provider| provider.name.as_str())
    {
        Some("gcp") => "gke-gcloud-auth-plugin",
        Some("azure") => "kubelogin",
        _ => return Ok(()),
    };
    Err(Failure::new(
        FailureKind::Credentials,
        format!(
            "user `{}`: key `auth-provider` was retired with Kubernetes 1.26; use `{instead}` as `exec` plugin",
            info.user
        ),
    ))
}

/// `--as` and `--as-group` over the kubeconfig's own; returns how the header shows it.
fn impersonate(config: &mut Config, options: &Options) -> String {
    let auth = &mut config.auth_info;
    if options.impersonate.is_some() || !options.impersonate_groups.is_empty() {
        auth.impersonate.clone_from(&options.impersonate);
        auth.impersonate_groups =
            (!options.impersonate_groups.is_empty()).then(|| options.impersonate_groups.clone());
        auth.impersonate_uid = None;
        auth.impersonate_user_extra = None;
    }
    let user = auth.impersonate.clone().unwrap_or_default();
    match &auth.impersonate_groups {
        Some(groups) if !groups.is_empty() => format!("{user} ({})", groups.join(", ")),
        _ => user,
    }
}
