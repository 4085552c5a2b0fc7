"""Stop signs by themselves, and since when the danger signs of a check-in were answered.

Of check-ins that are there already nobody knows whether their answers were taken over from an earlier one, so
their danger signs count as too old to be used again (None).
"""

from typing import Any

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


def keep_signs_told_before(apps: Any, schema_editor: Any) -> None:
    """A stop rule that shut the plan goes on doing so until a complete check-in that was begun after it."""
    Session, StopSign, CheckIn = (apps.get_model('record', one) for one in ('Session', 'StopSign', 'CheckIn'))
    shutting = ('new_danger_sign', 'chest_or_faint', 'sharp_pain')
    for session in Session.objects.filter(stop_rule__in=shutting, finished_at__isnull=False):
        later = CheckIn.objects.filter(
            person=session.person, started_at__gt=session.finished_at, outcome__status='complete'
        )
        StopSign.objects.create(
            session=session,
            rule=session.stop_rule,
            at=session.finished_at,
            lifted_by=later.order_by('pk').first(),
        )


class Migration(migrations.Migration):

    dependencies = [
        ('record', '0002_habits_and_driving'),
    ]

    operations = [
        migrations.AddField(
            model_name='checkin',
            name='danger_signs_since',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name='checkin',
            name='danger_signs_since',
            field=models.DateTimeField(blank=True, default=django.utils.timezone.now, null=True),
        ),
        migrations.AlterField(
            model_name='rating',
            name='measure',
            field=models.CharField(choices=[('pain_now', 'Pain Now'), ('pain_avg_7d', 'Pain Average'), ('pain_before', 'Pain Too Strong'), ('activity', 'Activity')], max_length=12),
        ),
        migrations.CreateModel(
            name='StopSign',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rule', models.CharField(max_length=40)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('lifted_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='stop_signs_lifted', to='record.checkin')),
                ('session', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='stop_signs', to='record.session')),
            ],
            options={
                'ordering': ('pk',),
                'constraints': [models.UniqueConstraint(fields=('session', 'rule'), name='one_sign_a_rule')],
            },
        ),
        migrations.RunPython(keep_signs_told_before, migrations.RunPython.noop),
    ]
