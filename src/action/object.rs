//! Rows of the action table about the object under the cursor or the marked ones, of every kind and of some. It must not know how they are
//! carried out.

use super::actions;

actions! {
    /// What is done with an object. In a scope of a kind a key hides the same key of [`super::Scope::Table`].
    Object {
        Open "open" Reads [Table "enter"] "drill down, or describe";
        Yaml "yaml" Reads [Table "y"] "show as YAML";
        Describe "describe" Reads [Table "d"] "describe, with its events";
        Logs "logs" Reads [Table "l"] "logs of it, or of all that are marked";
        PreviousLogs "previous-logs" Reads [Table "p"] "logs of the previous instance";
        Events "events" Reads [Table "E"] "its events, with those of its owners and children";
        Edit "edit" Mutates [Table "e", Text "e"] "edit in $EDITOR, then confirm what changes";
        Node "node" Reads [Table "o"] "go to its node";
        Owner "owner" Reads [Table "J"] "go to its owner";
        UsedBy "used-by" Reads [Table "u"] "what uses it" => "kubectl -n {namespace} describe {kind} {name}";
        CopyName "copy-name" Reads [Table "c", Nodes ""] "copy its name";
        CopyNamespace "copy-namespace" Reads [Table "n"] "copy its namespace";
        Warp "warp" Reads [Table "w"] "stay on this kind, go to its namespace";
        Delete "delete" Mutates [Table "ctrl-d"] "delete";
        Scale "scale" Mutates [Table "=", Scalable "s"] "scale it, or the owner of a pod";
        Restart "restart" Mutates [Workloads "r"] "restart by rolling";
        Shell "shell" Mutates [Pods "s", Containers "s"] "open a shell in the container";
        Attach "attach" Mutates [Pods "a", Containers "a"] "attach to the container"
            => "kubectl -n {namespace} attach -it {name} -c {container}";
        PortForward "port-forward" Mutates [Pods "F", Containers "F", Workloads "F", Services "F"] "forward a local port"
            => "kubectl -n {namespace} port-forward {kind}/{name} LOCAL:REMOTE";
        Forwards "forwards" Reads [Pods "f", Containers "f", Workloads "f", Services "f"] "its port-forwards"
            => "kubectl -n {namespace} port-forward {kind}/{name} LOCAL:REMOTE";
        Image "set-image" Mutates [Pods "i", Containers "i", Workloads "i"] "set the image"
            => "kubectl -n {namespace} set image {kind}/{name} CONTAINER=IMAGE";
        Kill "kill" Mutates [Pods "ctrl-k", Containers "ctrl-k"] "delete at once, without grace (asks)";
        Transfer "transfer" Mutates [Pods "t", Containers "t"] "copy files from or to the container"
            => "kubectl cp {namespace}/{name}:PATH LOCAL -c {container}";
        Sanitize "sanitize" Mutates [Pods "z"] "delete what has finished or failed"
            => "kubectl -n {namespace} delete pods --field-selector=status.phase=Failed";
        ReplicaSets "replicasets" Reads [Deployments "z"] "its replicasets" => "kubectl -n {namespace} get replicasets";
        Rollback "rollback" Mutates [ReplicaSets "ctrl-l"] "roll back to it"
            => "kubectl -n {namespace} rollout undo deployment DEPLOYMENT --to-revision=REVISION";
        Trigger "trigger" Mutates [CronJobs "t"] "run it now: make a job from it";
        Suspend "suspend" Mutates [CronJobs "s"] "suspend, or resume when suspended";
        Cordon "cordon" Mutates [Nodes "c"] "cordon: no new pods";
        Uncordon "uncordon" Mutates [Nodes "u"] "uncordon";
        Drain "drain" Mutates [Nodes "r"] "cordon and evict its pods" => "kubectl drain {name} --ignore-daemonsets";
        NodeShell "node-shell" Mutates [Nodes "s"] "open a shell on the node"
            => "kubectl debug node/{name} -it --image=busybox --profile=sysadmin";
        Decode "decode" Reads [Secrets "x"] "show one of its values decoded";
        Use "use" Reads [Namespaces "u"] "make it the namespace of this context";
    }
}
