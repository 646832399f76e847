//! The group `batch` as far as rows need it. Tags: k8s.io/api v0.36, `batch/v1/generated.proto`.

use prost::Message;
use serde::Deserialize;

use super::core::as_written;
use super::meta::Condition;
use super::{LabelSelector, ObjectMeta, Present, Time};

#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
pub struct Job {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub spec: Option<JobSpec>,
    #[prost(message, optional, tag = "3")]
    pub status: Option<JobStatus>,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
pub struct JobSpec {
    #[prost(int32, optional, tag = "1")]
    pub parallelism: Option<i32>,
    #[prost(int32, optional, tag = "2")]
    pub completions: Option<i32>,
    #[prost(message, optional, tag = "4")]
    pub selector: Option<LabelSelector>,
    #[prost(bytes = "vec", tag = "6")]
    #[serde(deserialize_with = "as_written")]
    pub template: Vec<u8>,
    #[prost(bool, tag = "10")]
    pub suspend: bool,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct JobStatus {
    #[prost(message, repeated, tag = "1")]
    pub conditions: Vec<Condition>,
    #[prost(message, optional, tag = "2")]
    pub start_time: Option<Time>,
    #[prost(message, optional, tag = "3")]
    pub completion_time: Option<Time>,
    #[prost(int32, tag = "4")]
    pub active: i32,
    #[prost(int32, tag = "5")]
    pub succeeded: i32,
    #[prost(int32, tag = "6")]
    pub failed: i32,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
pub struct CronJob {
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    pub spec: Option<CronJobSpec>,
    #[prost(message, optional, tag = "3")]
    pub status: Option<CronJobStatus>,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CronJobSpec {
    #[prost(string, tag = "1")]
    pub schedule: String,
    #[prost(bool, tag = "4")]
    pub suspend: bool,
    #[prost(message, optional, tag = "5")]
    pub job_template: Option<JobTemplate>,
    #[prost(string, optional, tag = "8")]
    pub time_zone: Option<String>,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
pub struct JobTemplate {
    #[prost(message, optional, tag = "2")]
    pub spec: Option<JobSpec>,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CronJobStatus {
    #[prost(message, repeated, tag = "1")]
    pub active: Vec<Present>,
    #[prost(message, optional, tag = "4")]
    pub last_schedule_time: Option<Time>,
    #[prost(message, optional, tag = "5")]
    pub last_successful_time: Option<Time>,
}
